import { NativeSelect } from '@mantine/core';
import type { ReactNode } from 'react';
import css from './side-list.module.css';

export interface SideListProps<T extends string> {
  readonly label: string;
  readonly chosen: T;
  readonly entries: readonly { readonly id: T; readonly label: string; readonly link: ReactNode }[];
  readonly onChoose: (id: T) => void;
  readonly children: ReactNode;
}

/** Parts of a page: a list beside it where there is room, a field above it on a phone. */
export function SideList<T extends string>({ label, chosen, entries, onChoose, children }: SideListProps<T>) {
  return (
    <div className={css.frame}>
      <nav className={css.list} aria-label={label}>
        <ul>
          {entries.map(({ id, link }) => (
            <li key={id} className={css.entry} data-chosen={id === chosen || undefined}>
              {link}
            </li>
          ))}
        </ul>
      </nav>
      <NativeSelect
        size="xs"
        className={css.select ?? ''}
        aria-label={label}
        value={chosen}
        data={entries.map(({ id, label: text }) => ({ value: id, label: text }))}
        onChange={(event) => {
          const found = entries.find(({ id }) => id === event.currentTarget.value);
          if (found !== undefined) onChoose(found.id);
        }}
      />
      <div className={css.part}>{children}</div>
    </div>
  );
}
