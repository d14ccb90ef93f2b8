/**
 * How series of requests tell which of them failed: by a label whose values are codes. Who counts failures, asks here, so
 * that a report and the tools beside it never name two error rates of one service.
 */

interface StatusLabel {
  readonly names: readonly string[];
  /** Pattern of what the server is to blame for. */
  readonly failure: string;
  /** Pattern of any code: other values, such as `success`, say nothing of failures. */
  readonly known: string;
}

/** The names that say most first. Codes of gRPC are those that OpenTelemetry's convention blames on the server. */
export const STATUS_LABELS: readonly StatusLabel[] = [
  {
    names: [
      'http_response_status_code',
      'http_status_code',
      'status_code',
      'status',
      'code',
      'response_code',
    ],
    failure: '5..|STATUS_CODE_ERROR',
    known: '[1-5]([0-9][0-9]|xx|XX)|STATUS_CODE_[A-Z]+',
  },
  {
    names: ['grpc_code'],
    failure: 'Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss',
    known: 'OK|([A-Z][a-z]+)+',
  },
  { names: ['rpc_grpc_status_code'], failure: '2|4|12|13|14|15', known: '[0-9]|1[0-6]' },
];

export interface RequestStatus {
  readonly label: string;
  /** Pattern of the values that are failures. */
  readonly failure: string;
}

/** Of one series; `undefined`: none of its labels tells, which is not that none fails. */
export function findRequestStatus(valueOf: (label: string) => string): RequestStatus | undefined {
  for (const { names, failure, known } of STATUS_LABELS) {
    const label = names.find((name) => new RegExp(`^(?:${known})$`).test(valueOf(name)));
    if (label !== undefined) return { label, failure };
  }
  return undefined;
}
