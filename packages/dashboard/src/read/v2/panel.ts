import { definedOf, isObject, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';

/** An element as a classic panel, without its position. */
export function classicPanelOf({ kind, spec }: JsonObject): JsonObject {
  const { id, title, description, links, data, vizConfig, transparent, libraryPanel } = objectOf(spec);
  const common = definedOf({ id, title, description, links, transparent });
  if (kind === 'LibraryPanel')
    return { ...common, type: 'library-panel-ref', libraryPanel: objectOf(libraryPanel) };
  const viz = objectOf(vizConfig);
  const { options, fieldConfig, pluginVersion } = objectOf(viz['spec']);
  const { queries, transformations, queryOptions } = objectOf(objectOf(data)['spec']);
  return definedOf({
    ...common,
    // The first version of V2 had the type where the second has the word `VizConfig`.
    type: textOf(viz['group']) === '' ? textOf(viz['kind'], 'unknown') : viz['group'],
    pluginVersion: textOf(viz['version'], textOf(pluginVersion)),
    options: objectOf(options),
    fieldConfig: objectOf(fieldConfig),
    targets: objectsOf(queries).map(classicTargetOf),
    transformations: objectsOf(transformations).map(classicTransformationOf),
    ...objectOf(queryOptions),
  });
}

/** What a `DataQuery` asks and whom; `holder` had the source in the first version. */
export function queryOf(
  query: JsonObject,
  holder: JsonObject,
): { datasource: JsonObject | undefined; spec: JsonObject } {
  const spec = objectOf(query['spec']);
  const isFirst = textOf(query['group']) === '' && isObject(holder['datasource']);
  if (isFirst) return { datasource: objectOf(holder['datasource']), spec };
  const kind = textOf(query['kind']);
  const type = textOf(query['group']) === '' && kind !== 'DataQuery' ? kind : textOf(query['group']);
  const uid = textOf(objectOf(query['datasource'])['name']);
  const datasource = definedOf({ type: type === '' ? undefined : type, uid: uid === '' ? undefined : uid });
  return { datasource: Object.keys(datasource).length === 0 ? undefined : datasource, spec };
}

function classicTargetOf({ spec }: JsonObject): JsonObject {
  const holder = objectOf(spec);
  const query = queryOf(objectOf(holder['query']), holder);
  return definedOf({
    ...query.spec,
    refId: holder['refId'],
    hide: holder['hidden'] === true,
    datasource: query.datasource,
  });
}

function classicTransformationOf({ kind, group, spec }: JsonObject): JsonObject {
  const { id, disabled, filter, topic, options } = objectOf(spec);
  const name = textOf(group, textOf(id, textOf(kind)));
  return definedOf({ id: name, disabled, filter, topic, options: objectOf(options) });
}
