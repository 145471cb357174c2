/** `/metrics`, on the administration's listener: figures of this server, none of a user or a device. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Metrics, OPEN_METRICS_TYPE, openMetrics } from '../../platform/index.ts';
import { answerText, type Route } from './route.ts';

export class MetricsRoute implements Route {
  readonly name = 'metrics';
  readonly isCounted = false;
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  matches(path: string): boolean {
    return path === '/metrics';
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return answerText(response, 405, 'Metrics are fetched by GET.', { Allow: 'GET, HEAD' });
    }
    response.writeHead(200, { 'Content-Type': OPEN_METRICS_TYPE });
    response.end(openMetrics(this.#metrics.read()));
  }
}
