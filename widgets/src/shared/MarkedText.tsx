/** A text with the passages that drive the code marked: ground and underline by strength, dashed where it lowers it. */
import type { Span } from "../protocol";
import "./MarkedText.css";
import { pieces } from "./marks";

export interface MarkedTextProps {
  text: string;
  spans?: readonly Span[] | undefined;
  /** The weight that is drawn strongest; by default the largest here. */
  strongest?: number;
}

export function MarkedText({ text, spans = [], strongest }: MarkedTextProps) {
  if (spans.length === 0) return <>{text}</>;
  const most = strongest ?? Math.max(...spans.map(([, , weight]) => Math.abs(weight)));
  return (
    <>
      {pieces(text, spans).map((piece, i) => {
        if (piece.weight === 0) return piece.text;
        const strength = Math.min(1, Math.max(0.15, most > 0 ? Math.abs(piece.weight) / most : 1));
        return (
          <mark
            key={i}
            class={piece.weight > 0 ? "ws-mark ws-adds" : "ws-mark ws-takes"}
            style={{ "--ws-strength": strength.toFixed(2) }}
          >
            {piece.text}
          </mark>
        );
      })}
    </>
  );
}
