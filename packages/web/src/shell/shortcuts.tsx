import { Kbd, Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { PAGES } from './pages.ts';
import css from './shell.module.css';

/** The sheet of keys that `?` opens. */
export function Shortcuts({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const rows: readonly (readonly [keys: readonly string[], text: string])[] = [
    [['Ctrl', 'K'], t('palette.open')],
    ...PAGES.map(({ id, key }) => [['g', key], t(`nav.${id}`)] as const),
    [['t'], t('time.title')],
    [['z'], t('time.zoomBack')],
    [['['], t('time.back')],
    [[']'], t('time.forward')],
    [['-'], t('time.zoomOut')],
    [['j', 'k'], t('shortcuts.rows')],
    [['/'], t('shortcuts.search')],
    [['Ctrl', 'Enter'], t('shortcuts.run')],
    [['?'], t('shortcuts.title')],
  ];
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('shortcuts.title')}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
    >
      <dl className={css.keys}>
        {rows.map(([keys, text]) => (
          <div key={text} className={css.keyRow}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
