/** Questions to the servers' log that are asked again and again, kept in CloudWatch Logs Insights. */
import { type ILogGroup, QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface QueriesProps {
  /** What their names begin with: the folder that they are shown in. */
  readonly folder: string;
  readonly logs: ILogGroup;
}

/** The fields are those of the servers' log lines (lib/platform/log.ts, lib/server/activesync). */
const QUERIES: Readonly<Record<string, { readonly name: string; readonly query: QueryString }>> = {
  UsersDay: {
    name: "A user's day",
    query: new QueryString({
      fields: ['@timestamp', 'command', 'device', 'status', 'milliseconds', 'bytes', 'message'],
      filterStatements: ["user = 'ada@example.org'"],
      sort: '@timestamp asc',
      limit: 10_000,
    }),
  },
  DevicesCommands: {
    name: "A device's commands",
    query: new QueryString({
      fields: ['@timestamp', 'command', 'version', 'status', 'milliseconds', 'bytes', 'requestId'],
      filterStatements: ["device = 'THE-DEVICE-ID'"],
      sort: '@timestamp desc',
      limit: 1_000,
    }),
  },
  SlowCommands: {
    name: 'Slow commands',
    query: new QueryString({
      fields: ['@timestamp', 'user', 'device', 'command', 'milliseconds', 'bytes', 'requestId'],
      // These wait on purpose.
      filterStatements: ["message = 'Served'", "command not in ['Ping', 'Sync']", 'milliseconds > 2000'],
      sort: 'milliseconds desc',
      limit: 200,
    }),
  },
  Trace: {
    name: 'A trace',
    query: new QueryString({
      fields: ['@timestamp', '@logStream', 'level', 'message', 'user', 'device', 'command', 'status', 'milliseconds'],
      filterStatements: ["traceId = 'THE-TRACE-ID'"],
      sort: '@timestamp asc',
      limit: 1_000,
    }),
  },
  Failures: {
    name: 'What failed, by reason',
    query: new QueryString({
      fields: ['message', 'error.code', 'status'],
      filterStatements: ["level = 'error'"],
      statsStatements: ['count(*) as times by message, error.code'],
      sort: 'times desc',
      limit: 100,
    }),
  },
};

export class Queries extends Construct {
  constructor(scope: Construct, id: string, { folder, logs }: QueriesProps) {
    super(scope, id);
    for (const [key, { name, query }] of Object.entries(QUERIES))
      new QueryDefinition(this, key, {
        queryDefinitionName: `${folder}/${name}`,
        queryString: query,
        logGroups: [logs],
      });
  }
}
