import type { CoverageCode, CoverageRemark } from '../coverage.ts';
import type { JsonObject } from './json.ts';

// A file can make a remark per query and option; nobody reads more than this about one panel.
const REMARKS_PER_SUBJECT_MAX = 50;

/**
 * What migrations and readers noticed, kept per panel until the report is written. A panel is known by its
 * object, since ids may still be given anew.
 */
export class Remarks {
  readonly #ofDashboard: CoverageRemark[] = [];
  readonly #ofPanels = new Map<JsonObject, CoverageRemark[]>();

  aboutDashboard(code: CoverageCode, what: string, detail: string): void {
    add(this.#ofDashboard, { code, what, detail });
  }

  aboutPanel(panel: JsonObject, code: CoverageCode, what: string, detail: string): void {
    const remarks = this.#ofPanels.get(panel) ?? [];
    this.#ofPanels.set(panel, remarks);
    add(remarks, { code, what, detail });
  }

  ofDashboard(): readonly CoverageRemark[] {
    return this.#ofDashboard;
  }

  ofPanel(panel: JsonObject): readonly CoverageRemark[] {
    return this.#ofPanels.get(panel) ?? [];
  }
}

function add(remarks: CoverageRemark[], remark: CoverageRemark): void {
  if (remarks.length >= REMARKS_PER_SUBJECT_MAX) return;
  if (
    remarks.some(
      ({ code, what, detail }) => code === remark.code && what === remark.what && detail === remark.detail,
    )
  )
    return;
  remarks.push(remark);
}
