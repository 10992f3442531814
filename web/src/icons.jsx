// Icons of our own panels, in the stroke of GraphiQL's.
const stroke = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.5, strokeLinecap: 'round', strokeLinejoin: 'round' };

function Icon({ title, path }) {
  return (
    <svg viewBox="0 0 24 24" height="1em" {...stroke} role="img">
      <title>{title}</title>
      <path d={path} />
    </svg>
  );
}

export const CostIcon = () => (
  <Icon title="cost icon" path="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM15 8.5c-.6-.9-1.7-1.3-3-1.3-1.7 0-3 .8-3 2.3 0 3.3 6.2 1.6 6.2 4.9 0 1.5-1.4 2.4-3.2 2.4-1.5 0-2.7-.5-3.4-1.5M12 5.5v1.7M12 16.8v1.7" />
);
export const TrendsIcon = () => <Icon title="trends icon" path="M3 4v16h18M6.5 15.5l4-5 3.5 3 5.5-7" />;
export const ExamplesIcon = () => <Icon title="examples icon" path="M4 5h16v14H4ZM4 9.5h16M8 13h8M8 16h5" />;
