// The upstream calls of an answer over time, one line each; what came out of the store is marked.
const MOST = 500;
const TICKS = 3;

const kind = (step) => (step.cached ? 'cached' : step.outcome === 'OK' ? (step.attempt > 1 ? 'retried' : 'ok') : 'failed');

function words(step) {
  if (step.cached) return `${step.hits} from the store, at ${step.startMs} ms`;
  const again = step.attempt > 1 ? `, attempt ${step.attempt}` : '';
  return `${step.outcome}${again}: ${step.ms} ms from ${step.startMs} ms on, credits: ${step.credits}`;
}

export function Waterfall({ trace }) {
  if (trace.length === 0) return <p>It needed neither a call nor the store.</p>;
  const end = Math.max(1, ...trace.map((step) => step.startMs + step.ms));
  const at = (ms) => `${(100 * ms) / end}%`;
  return (
    <div className="shopgraph-waterfall" role="table" aria-label="Calls over time">
      <p className="shopgraph-legend">
        <i data-kind="ok" /> call <i data-kind="retried" /> retry <i data-kind="failed" /> failed <i data-kind="cached" />{' '}
        from the store
      </p>
      <div className="shopgraph-ticks" role="presentation">
        {Array.from({ length: TICKS + 1 }, (_, tick) => (
          <span key={tick} style={{ left: at((end * tick) / TICKS) }}>
            {Math.round((end * tick) / TICKS)}
            {tick === TICKS && ' ms'}
          </span>
        ))}
      </div>
      {trace.map((step, index) => (
        <div key={index} role="row" className="shopgraph-step" data-kind={kind(step)} title={`${step.endpoint}: ${words(step)}`}>
          <span role="cell">
            {step.attempt > 1 && '↻ '}
            {step.endpoint}
            {step.cached && ` × ${step.hits}`}
          </span>
          <div role="cell" aria-label={words(step)}>
            <i style={{ left: at(step.startMs), width: step.cached ? undefined : at(step.ms) }} />
          </div>
        </div>
      ))}
      {trace.length >= MOST && <p>The first {MOST} alone are told.</p>}
    </div>
  );
}
