import { Menu, useMantineColorScheme } from '@mantine/core';
import { IconCheck, IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { changeLanguage, LANGUAGES, type Language } from '../i18n/i18n.ts';

const SCHEMES = [
  { id: 'auto', icon: IconDeviceDesktop },
  { id: 'light', icon: IconSun },
  { id: 'dark', icon: IconMoon },
] as const;

/** Colours and language: kept in this browser only. */
export function SettingsMenu({ children }: { readonly children: ReactElement }) {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="top-start" width={200} shadow="md">
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('settings.colours')}</Menu.Label>
        {SCHEMES.map(({ id, icon: Icon }) => (
          <Menu.Item
            key={id}
            leftSection={<Icon size={16} />}
            rightSection={
              colorScheme === id ? <IconCheck size={14} aria-label={t('settings.chosen')} /> : null
            }
            onClick={() => setColorScheme(id)}
          >
            {t(`settings.${id}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t('settings.language')}</Menu.Label>
        {(Object.keys(LANGUAGES) as Language[]).map((language) => (
          <Menu.Item
            key={language}
            lang={language}
            rightSection={
              i18n.language === language ? <IconCheck size={14} aria-label={t('settings.chosen')} /> : null
            }
            onClick={() => void changeLanguage(i18n, language)}
          >
            {LANGUAGES[language]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
