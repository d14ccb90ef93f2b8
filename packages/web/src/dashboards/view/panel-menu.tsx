import { Menu } from '@mantine/core';
import {
  IconCode,
  IconCopy,
  IconDotsVertical,
  IconEdit,
  IconLink,
  IconMaximize,
  IconMinimize,
  IconTrash,
  IconZoomCode,
  type Icon,
} from '@tabler/icons-react';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import type { PanelOffer } from '../../panel/panel-offers.ts';
import design from '../../design/design.module.css';

/** What can be done with a panel. What is absent cannot. */
export interface PanelActions {
  readonly view: () => void;
  readonly isLarge: boolean;
  readonly explore?: () => void;
  readonly copyLink: () => void;
  /** Of its kind: table, files, PromQL. */
  readonly offers: readonly PanelOffer[];
  readonly json: () => void;
  readonly edit?: () => void;
  readonly duplicate?: () => void;
  readonly remove?: () => void;
}

/** Keys while the focus is in a panel, as in Grafana. */
export function actionOfKey(key: string, actions: PanelActions): (() => void) | undefined {
  switch (key) {
    case 'v':
      return actions.view;
    case 'e':
      return actions.edit;
    case 'x':
      return actions.explore;
    case 'l':
      return actions.copyLink;
    case 't':
      return actions.offers.find(({ id }) => id === 'table')?.run;
    default:
      return undefined;
  }
}

export function PanelMenu({ title, actions }: { readonly title: string; readonly actions: PanelActions }) {
  const { t } = useTranslation();
  const entry = (text: string, EntryIcon: Icon, action: (() => void) | undefined, key?: string) =>
    action !== undefined && (
      <Menu.Item
        leftSection={<EntryIcon size={15} aria-hidden="true" />}
        rightSection={key === undefined ? null : <kbd>{key}</kbd>}
        onClick={action}
      >
        {text}
      </Menu.Item>
    );
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <button
          type="button"
          className={design.iconButton}
          style={{ width: 24, height: 24 }}
          aria-label={t('dashboards.menu.open', { title })}
        >
          <IconDotsVertical size={16} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.isLarge
          ? entry(t('dashboards.menu.small'), IconMinimize, actions.view, 'v')
          : entry(t('dashboards.menu.view'), IconMaximize, actions.view, 'v')}
        {entry(t('dashboards.menu.edit'), IconEdit, actions.edit, 'e')}
        {entry(t('dashboards.menu.explore'), IconZoomCode, actions.explore, 'x')}
        {entry(t('dashboards.menu.link'), IconLink, actions.copyLink, 'l')}
        {actions.offers.map(({ id, text, Icon: OfferIcon, run }) => (
          <Fragment key={id}>{entry(text, OfferIcon, run, id === 'table' ? 't' : undefined)}</Fragment>
        ))}
        {entry(t('dashboards.menu.json'), IconCode, actions.json)}
        {entry(t('dashboards.menu.duplicate'), IconCopy, actions.duplicate)}
        {entry(t('dashboards.menu.remove'), IconTrash, actions.remove)}
      </Menu.Dropdown>
    </Menu>
  );
}
