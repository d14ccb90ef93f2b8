import type { Clock, Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { AnalysisDesk, GuardService, RunbookLibrary } from '../../respond/index.ts';
import type { PrometheusApi } from '../../store/metrics/port.ts';
import type { PromQuery } from '../../query/metrics/port.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AlertingView } from '../alertmanager-api/alertmanager-routes.ts';
import type { NewAuditEntry } from '../auth/audit/audit-log.ts';
import type { GuardWatch } from '../guard/subjects-route.ts';
import type { Route } from '../http/route.ts';
import type { SelectorParser } from '../prometheus-api/parameters.ts';
import type { ServerView } from '../prometheus-api/status-routes.ts';
import type { RulesView, StorageView, TargetsView } from '../prometheus-api/views.ts';
import type { AlertInsightView } from '../vedette-api/alerting-routes.ts';
import type { McpConfig } from './config.ts';

/** What the tools ask of the house. What is a function is made on first use. */
export interface McpDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly query: PromQuery;
  readonly parseSelector: SelectorParser;
  readonly rules: RulesView;
  readonly targets: TargetsView;
  readonly storage: StorageView;
  readonly server: ServerView;
  readonly alerting: AlertingView;
  readonly insight: AlertInsightView;
  /** Absent: this server has no guard. */
  readonly guard?: (() => Promise<GuardService>) | undefined;
  readonly guardWatch?: (() => Promise<GuardWatch>) | undefined;
  /** Absent: this server has none. */
  readonly library?: (() => Promise<RunbookLibrary>) | undefined;
  readonly analysis?: (() => Promise<AnalysisDesk>) | undefined;
  /** Those of the Prometheus API, for the endpoint that speaks its names. */
  readonly prometheusRoutes: readonly Route[];
  /** Opens the other Prometheus that `/mcp/prometheus` asks, once; absent: it asks `prometheusRoutes`. */
  readonly mcpPrometheus?: (() => Promise<PrometheusApi>) | undefined;
  /** Does not reject. */
  readonly audit: (entry: NewAuditEntry) => Promise<void>;
  /** Where links lead; without a slash at the end. */
  readonly externalUrl: string;
  readonly config: McpConfig;
}
