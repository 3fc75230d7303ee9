// Stylesheets are imported for what they do; the build gathers them into one file beside the module.
declare module "*.css";
