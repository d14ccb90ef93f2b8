import { InputError } from '@vedette/model';
import type { JsonObject } from '../json.ts';
import type { Remarks } from '../remarks.ts';

/** V2 resources are not read yet. */
export function classicOfV2(_spec: JsonObject, _remarks: Remarks): JsonObject {
  throw new InputError(
    'VED_DASHBOARD_INVALID',
    'cannot read the dashboard: it is a V2 resource (elements and layout); in Grafana choose Export, then "Classic", and take that file',
  );
}
