import { InputError } from '@vedette/model';
import { isObject, objectOf, textOf, type JsonObject } from './json.ts';
import type { Remarks } from './remarks.ts';
import { classicOfV2 } from './v2/resource.ts';

/** Takes wrappers off until a classic dashboard is left: resources, answers of the HTTP API. */
export function unwrapDashboard(json: unknown, remarks: Remarks): JsonObject {
  if (!isObject(json))
    throw invalid(`want a JSON object with "panels"; got ${Array.isArray(json) ? 'a list' : typeof json}`);
  if (typeof json['apiVersion'] === 'string' && isObject(json['spec'])) return unwrapResource(json, remarks);
  if (isObject(json['dashboard']) && !('panels' in json) && !('rows' in json))
    return unwrapDashboard(json['dashboard'], remarks);
  if (isObject(json['elements']) && isObject(json['layout'])) return classicOfV2(json, remarks);
  if (!LOOKS_CLASSIC.some((key) => key in json)) throw invalid(whatItIs(json));
  return json;
}

const LOOKS_CLASSIC = ['panels', 'rows', 'templating', 'schemaVersion', 'title'] as const;

function unwrapResource(resource: JsonObject, remarks: Remarks): JsonObject {
  const apiVersion = textOf(resource['apiVersion']);
  if (!apiVersion.startsWith('dashboard.grafana.app/'))
    throw invalid(
      `it is a resource of ${quote(apiVersion)}, kind ${quote(textOf(resource['kind']))}; want "dashboard.grafana.app/v1", kind "Dashboard"`,
    );
  const spec = objectOf(resource['spec']);
  const { name } = objectOf(resource['metadata']);
  const isV2 = apiVersion.startsWith('dashboard.grafana.app/v2');
  const classic = isV2 ? classicOfV2(spec, remarks) : spec;
  if (textOf(classic['uid']) === '') classic['uid'] = textOf(name);
  return classic;
}

function whatItIs(json: JsonObject): string {
  const keys = Object.keys(json).slice(0, 5).map(quote).join(', ');
  const hint =
    'status' in json || 'message' in json ? ': it looks like the answer of a server, not a file of it' : '';
  return `want an object with "title" and "panels"; got one with ${keys === '' ? 'no keys' : keys}${hint}; export the dashboard as Classic JSON and take that file`;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

export function invalid(reason: string): InputError {
  return new InputError('VED_DASHBOARD_INVALID', `cannot read the dashboard: ${reason}`);
}
