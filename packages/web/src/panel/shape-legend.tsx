import css from './panel.module.css';

/** Names and colours of parts that are not lines. */
export function ShapeLegend({
  entries,
  height,
}: {
  readonly entries: readonly { readonly name: string; readonly colour: string }[];
  readonly height: number;
}) {
  return (
    <ul className={css.shapeLegend} style={{ height }} tabIndex={0}>
      {entries.map(({ name, colour }, i) => (
        <li key={i}>
          <span style={{ background: colour }} />
          {name}
        </li>
      ))}
    </ul>
  );
}
