/**
 * Nothing configured: notifications go to the server log, so that a fresh start shows what it would send;
 * grouped by what people think in, one message per problem and service. Our own limits are on: nobody
 * hears twice of one alert within its cooldown, and a storm becomes a digest.
 */
export const DEFAULT_ALERTMANAGER = {
  route: { receiver: 'log', group_by: ['alertname', 'job'] },
  receivers: [{ name: 'log', log_configs: [{}] }],
  // The worse, the sooner it may be said again.
  cooldown: { critical: '1m', error: '5m', warning: '15m', info: '1h' },
  storm_control: {},
};
