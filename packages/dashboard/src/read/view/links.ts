import type { DashboardLink } from '../../dashboard.ts';
import { objectsOf, textOf, textsOf, type JsonObject } from '../json.ts';

/** Links of dashboards, panels and fields, which differ in their keys and not in what they say. */
export function linksOf(value: unknown): DashboardLink[] {
  return objectsOf(value).map((link) => ({
    title: textOf(link['title']),
    url: urlOf(link),
    opensTab: link['targetBlank'] === true,
    tags: link['type'] === 'dashboards' ? textsOf(link['tags']) : [],
    keepsTime: link['keepTime'] === true,
    keepsVariables: link['includeVars'] === true,
  }));
}

/** Links of panels were once to a dashboard by its title, which tells no address. */
function urlOf(link: JsonObject): string {
  const url = textOf(link['url']);
  if (url !== '') return url;
  return textOf(link['dashUri']) === '' ? '' : `/d/${textOf(link['dashUri']).replace(/^db\//, '')}`;
}
