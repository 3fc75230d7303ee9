"""The parts of the HTML report: words, markup, sections, and the style and script that it carries."""
