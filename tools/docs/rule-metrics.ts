/**
 * What the shipped rules read that Vedette does not count itself: name, type, labels and who exports it. The
 * rules are written against these names; a test compares both directions, and labels with those that matchers ask for.
 */

export interface RuleMetric {
  /** Without `_bucket`, `_sum` and `_count` for histograms. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Besides `job`, `instance` and, for buckets, `le`. */
  readonly labelNames: readonly string[];
}

/** Metrics of one origin. */
export interface MetricSource {
  readonly name: string;
  /** Which version they were looked up in, and what has to be switched on. */
  readonly note: string;
  readonly metrics: readonly RuleMetric[];
}

const counter = (name: string, ...labelNames: string[]): RuleMetric => ({
  name,
  type: 'counter',
  labelNames,
});
const gauge = (name: string, ...labelNames: string[]): RuleMetric => ({ name, type: 'gauge', labelNames });
const histogram = (name: string, ...labelNames: string[]): RuleMetric => ({
  name,
  type: 'histogram',
  labelNames,
});

const FILESYSTEM_LABELS = ['device', 'fstype', 'mountpoint'];
const CONTAINER_LABELS = ['id', 'name', 'image', 'namespace', 'pod', 'container'];
const ELASTICSEARCH_NODE_LABELS = ['cluster', 'host', 'name'];
const MYSQL_REPLICA_LABELS = ['channel_name', 'connection_name', 'master_host', 'master_uuid'];
const GEN_AI_LABELS = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'];

const HERE: readonly MetricSource[] = [
  {
    name: 'Every scrape',
    note: 'Written with the samples of each target, by Vedette as by Prometheus.',
    metrics: [gauge('up'), gauge('scrape_duration_seconds')],
  },
  {
    name: 'Rules',
    note: 'Written by alerting rules for each alert that is pending or firing.',
    metrics: [gauge('ALERTS', 'alertname', 'alertstate', 'severity')],
  },
  {
    name: 'The guard',
    note: 'Vedette itself, from the first action on; `user_actions_by_user_total` with `guard.limits.user_series`, or from applications through the SDK.',
    metrics: [
      gauge('guard_actions_threshold', 'window', 'grade'),
      gauge('guard_brake_tripped', 'policy'),
      gauge('guard_threshold_factor'),
      counter('user_actions_by_user_total', 'user_id', 'action_type'),
    ],
  },
  {
    name: 'Every process',
    note: 'By nearly all client libraries, the SDK and Vedette among them.',
    metrics: [gauge('process_start_time_seconds'), gauge('process_open_fds'), gauge('process_max_fds')],
  },
  {
    name: 'Host collector',
    note: 'Vedette itself (`host.collectors`) with `job="node"`; node_exporter 1.5 or newer, scraped as job `node`, has the same.',
    metrics: [
      gauge('node_boot_time_seconds'),
      counter('node_cpu_seconds_total', 'cpu', 'mode'),
      counter('node_disk_io_time_seconds_total', 'device'),
      counter('node_disk_io_time_weighted_seconds_total', 'device'),
      gauge('node_filefd_allocated'),
      gauge('node_filefd_maximum'),
      gauge('node_filesystem_avail_bytes', ...FILESYSTEM_LABELS),
      gauge('node_filesystem_files', ...FILESYSTEM_LABELS),
      gauge('node_filesystem_files_free', ...FILESYSTEM_LABELS),
      gauge('node_filesystem_readonly', ...FILESYSTEM_LABELS),
      gauge('node_filesystem_size_bytes', ...FILESYSTEM_LABELS),
      gauge('node_load5'),
      gauge('node_memory_MemAvailable_bytes'),
      gauge('node_memory_MemTotal_bytes'),
      counter('node_network_receive_bytes_total', 'device'),
      counter('node_network_receive_drop_total', 'device'),
      counter('node_network_receive_errs_total', 'device'),
      counter('node_network_receive_packets_total', 'device'),
      gauge('node_network_speed_bytes', 'device'),
      counter('node_network_transmit_bytes_total', 'device'),
      counter('node_network_transmit_drop_total', 'device'),
      counter('node_network_transmit_errs_total', 'device'),
      counter('node_network_transmit_packets_total', 'device'),
      counter('node_pressure_memory_waiting_seconds_total'),
      gauge('node_time_seconds'),
    ],
  },
  {
    name: 'Container collector',
    note: 'Vedette itself (`containers`) with `job="containers"`; the names are those of cAdvisor 0.49.',
    metrics: [
      counter('container_cpu_cfs_periods_total', ...CONTAINER_LABELS),
      counter('container_cpu_cfs_throttled_periods_total', ...CONTAINER_LABELS),
      gauge('container_memory_working_set_bytes', ...CONTAINER_LABELS),
      counter('container_oom_events_total', ...CONTAINER_LABELS),
      gauge('container_spec_memory_limit_bytes', ...CONTAINER_LABELS),
      gauge('container_start_time_seconds', ...CONTAINER_LABELS),
      gauge('container_threads', ...CONTAINER_LABELS),
      gauge('container_threads_max', ...CONTAINER_LABELS),
    ],
  },
];

const APPLICATIONS: readonly MetricSource[] = [
  {
    name: 'SDK',
    note: 'Instruments that the application creates under these names (`registry.counter({ name: … })` of `@vedette/sdk`, or any other client library). Queue lengths and pools are those of the whole queue and of the own process. `status` is `ok` or what went wrong; `period` of the budget is `day`.',
    metrics: [
      counter('auth_failures_total', 'reason'),
      counter('llm_cost_usd_total', 'provider', 'model', 'feature', 'tenant', 'kind'),
      gauge('llm_budget_usd', 'period'),
      counter('llm_price_unknown_total', 'model'),
      gauge('queue_messages_waiting', 'queue'),
      histogram('sandbox_execution_duration_seconds', 'status'),
      gauge('sandbox_pool_available'),
    ],
  },
  {
    name: 'Client libraries',
    note: 'The usual names of HTTP middleware. The status is in one of three labels, as each library has it.',
    metrics: [
      counter('http_requests_total', 'status', 'code', 'status_code'),
      histogram('http_request_duration_seconds'),
    ],
  },
  {
    name: 'OpenTelemetry, HTTP',
    note: 'Semantic conventions 1.23 or newer (stable), metric `http.server.request.duration` as a histogram with explicit bounds.',
    metrics: [
      histogram(
        'http_server_request_duration_seconds',
        'http_request_method',
        'http_response_status_code',
        'http_route',
      ),
    ],
  },
  {
    name: 'OpenTelemetry, generative AI',
    note: 'Semantic conventions 1.37 or newer (in development); before that the provider was `gen_ai_system`, which no rule asks for. Metrics `gen_ai.client.operation.duration` and `gen_ai.client.token.usage`.',
    metrics: [
      histogram('gen_ai_client_operation_duration_seconds', ...GEN_AI_LABELS, 'error_type'),
      histogram('gen_ai_client_token_usage', ...GEN_AI_LABELS, 'gen_ai_token_type'),
    ],
  },
  {
    name: 'BullMQ',
    note: 'BullMQ 5: `bullmq_job_count` is what `queue.exportPrometheusMetrics()` prints, the counters are those of bullmq-otel with `enableMetrics`, over OTLP.',
    metrics: [
      gauge('bullmq_job_count', 'queue', 'state'),
      counter('bullmq_jobs_completed_total', 'bullmq_queue_name', 'bullmq_job_name'),
      counter('bullmq_jobs_failed_total', 'bullmq_queue_name', 'bullmq_job_name'),
    ],
  },
];

const EXPORTERS: readonly MetricSource[] = [
  {
    name: 'blackbox_exporter',
    note: '0.25. The address that is probed becomes `instance` by relabelling, as its README has it.',
    metrics: [gauge('probe_success'), gauge('probe_ssl_earliest_cert_expiry')],
  },
  {
    name: 'redis_exporter',
    note: '1.60 (oliver006), for Redis and Valkey.',
    metrics: [
      gauge('redis_up'),
      counter('redis_evicted_keys_total'),
      counter('redis_keyspace_hits_total'),
      counter('redis_keyspace_misses_total'),
      gauge('redis_master_link_up', 'master_host', 'master_port'),
      gauge('redis_memory_max_bytes'),
      gauge('redis_memory_used_bytes'),
      gauge('redis_rdb_last_bgsave_status'),
      counter('redis_rejected_connections_total'),
    ],
  },
  {
    name: 'postgres_exporter',
    note: '0.15 (prometheus-community), collectors as by default.',
    metrics: [
      gauge('pg_up'),
      gauge('pg_replication_is_replica'),
      gauge('pg_replication_lag_seconds'),
      gauge('pg_settings_max_connections', 'server'),
      gauge('pg_stat_activity_count', 'datname', 'state', 'server'),
      gauge('pg_stat_activity_max_tx_duration', 'datname', 'state', 'server'),
      counter('pg_stat_database_deadlocks', 'datid', 'datname'),
    ],
  },
  {
    name: 'mysqld_exporter',
    note: '0.15, for MySQL and MariaDB; replication needs `--collect.slave_status`, which is on by default.',
    metrics: [
      gauge('mysql_up'),
      gauge('mysql_global_status_threads_connected'),
      gauge('mysql_global_variables_max_connections'),
      gauge('mysql_slave_status_seconds_behind_master', ...MYSQL_REPLICA_LABELS),
      gauge('mysql_slave_status_slave_io_running', ...MYSQL_REPLICA_LABELS),
      gauge('mysql_slave_status_slave_sql_running', ...MYSQL_REPLICA_LABELS),
    ],
  },
  {
    name: 'elasticsearch_exporter',
    note: '1.7 (prometheus-community), with `--es.all` for the nodes; for Elasticsearch and OpenSearch.',
    metrics: [
      gauge('elasticsearch_cluster_health_status', 'cluster', 'color'),
      gauge('elasticsearch_filesystem_data_available_bytes', ...ELASTICSEARCH_NODE_LABELS, 'mount', 'path'),
      gauge('elasticsearch_filesystem_data_size_bytes', ...ELASTICSEARCH_NODE_LABELS, 'mount', 'path'),
      gauge('elasticsearch_jvm_memory_max_bytes', ...ELASTICSEARCH_NODE_LABELS, 'area'),
      gauge('elasticsearch_jvm_memory_used_bytes', ...ELASTICSEARCH_NODE_LABELS, 'area'),
    ],
  },
  {
    name: 'Fluent Bit',
    note: '1.6 or newer, its own `/api/v1/metrics/prometheus`.',
    metrics: [
      counter('fluentbit_output_dropped_records_total', 'name'),
      counter('fluentbit_output_retries_failed_total', 'name'),
    ],
  },
  {
    name: 'Keycloak',
    note: '26, with `--features=user-event-metrics --event-metrics-user-enabled=true`.',
    metrics: [counter('keycloak_user_events_total', 'event', 'error', 'realm')],
  },
  {
    name: 'LiteLLM',
    note: '1.5x, proxy with the callback `prometheus`.',
    metrics: [counter('litellm_spend_metric_total', 'model', 'team', 'team_alias')],
  },
  {
    name: 'RabbitMQ',
    note: '3.9 or newer, plugin rabbitmq_prometheus with metrics per object (`/metrics/per-object`).',
    metrics: [
      gauge('rabbitmq_queue_consumers', 'queue', 'vhost'),
      gauge('rabbitmq_queue_messages_ready', 'queue', 'vhost'),
    ],
  },
  {
    name: 'kafka_exporter',
    note: '1.7 (danielqsj).',
    metrics: [gauge('kafka_consumergroup_lag', 'consumergroup', 'topic', 'partition')],
  },
  {
    name: 'celery-exporter',
    note: '0.10 (danihodovic).',
    metrics: [gauge('celery_queue_length', 'queue_name'), gauge('celery_worker_up', 'hostname')],
  },
  {
    name: 'kube-state-metrics',
    note: '2.10.',
    metrics: [gauge('kube_job_failed', 'namespace', 'job_name', 'condition')],
  },
];

/** Every origin, what is here already first. */
export const METRIC_SOURCES: readonly MetricSource[] = [...HERE, ...APPLICATIONS, ...EXPORTERS];
