// The panel of trends: a line for each measure of every list of days in the last answer.
import { useState } from 'react';

import { useAnswer } from './answers.js';
import { TrendsIcon } from './icons.jsx';

const AT_FIRST = 12;
const WIDTH = 300;
const HEIGHT = 64;
const DAY = /^\d{4}-\d{2}-\d{2}/;
const NAMES = ['name', 'title', 'handle', 'caption', 'id'];

const isPoint = (value) => value !== null && typeof value === 'object' && DAY.test(value.date);
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** A number, also one that is written as text; null where nothing is told. */
function amount(value) {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : null;
}

/** Every list of dated points in an answer's data, with where it stands and what it is of. */
export function trends(data, path = [], of = null) {
  if (Array.isArray(data)) {
    if (data.length > 1 && data.every(isPoint)) return [{ path, of, points: data }];
    return data.flatMap((value, index) => trends(value, [...path, index], of));
  }
  if (data === null || typeof data !== 'object') return [];
  const named = NAMES.map((name) => data[name]).find((value) => typeof value === 'string') ?? of;
  return Object.entries(data).flatMap(([key, value]) => trends(value, [...path, key], named));
}

const measures = (points) =>
  [...new Set(points.flatMap(Object.keys))].filter(
    (key) => key !== 'date' && points.some((point) => amount(point[key]) !== null),
  );

function Trends() {
  const [showsAll, setShowsAll] = useState(false);
  const found = trends(useAnswer()?.body?.data ?? null).filter(({ points }) => measures(points).length > 0);
  const shown = showsAll ? found : found.slice(0, AT_FIRST);
  return (
    <section className="shopgraph-panel" aria-label="Trends">
      <header>Trends</header>
      {found.length === 0 && (
        <p>
          The last answer has no list of days. Ask for one, such as <code>{'trend(days: 30) { date units gmv }'}</code>.
        </p>
      )}
      {shown.map((trend) => (
        <Trend key={trend.path.join('.')} {...trend} />
      ))}
      {shown.length < found.length && (
        <button type="button" className="graphiql-button" onClick={() => setShowsAll(true)}>
          All {found.length}
        </button>
      )}
    </section>
  );
}

function Trend({ path, of, points }) {
  const days = points.toSorted((one, other) => one.date.localeCompare(other.date));
  return (
    <figure>
      <figcaption>
        {of && <b>{of}</b>} <code>{path.join('.')}</code>
      </figcaption>
      {measures(days).map((measure) => (
        <Chart key={measure} measure={measure} days={days} />
      ))}
    </figure>
  );
}

function Chart({ measure, days }) {
  const values = days.map((day) => amount(day[measure]));
  const known = values.filter((value) => value !== null);
  const low = Math.min(...known);
  const high = Math.max(...known);
  const x = (index) => (index * WIDTH) / Math.max(1, days.length - 1);
  const y = (value) => HEIGHT - 4 - ((value - low) / (high - low || 1)) * (HEIGHT - 8);
  return (
    <div className="shopgraph-chart">
      <span>{measure}</span>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${measure} from ${low} to ${high}`} preserveAspectRatio="none">
        <path d={line(values, x, y)} vectorEffect="non-scaling-stroke" />
        {values.map((value, index) =>
          value === null ? null : (
            <rect key={days[index].date} x={x(index) - WIDTH / days.length / 2} y="0" width={WIDTH / days.length} height={HEIGHT}>
              <title>{`${days[index].date}: ${value}`}</title>
            </rect>
          ),
        )}
      </svg>
      <span>
        {compact.format(high)}
        <br />
        {compact.format(low)}
      </span>
      <small>
        <span>{days[0].date}</span>
        <span>{days.at(-1).date}</span>
      </small>
    </div>
  );
}

/** The way through the known values, broken where one is not told. */
function line(values, x, y) {
  let isDown = false;
  return values
    .map((value, index) => {
      const step = value === null ? '' : `${isDown ? 'L' : 'M'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
      isDown = value !== null;
      return step;
    })
    .join('');
}

export const TRENDS_PLUGIN = { title: 'Trends', icon: TrendsIcon, content: Trends };
