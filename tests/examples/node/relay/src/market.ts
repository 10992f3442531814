import { graphql } from "relay-runtime";

graphql`
  query marketQuery($region: Region!) {
    ...market_bestSellers @arguments(region: $region)
  }
`;

graphql`
  fragment market_bestSellers on Query
  @argumentDefinitions(region: { type: "Region!" }, first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "marketPageQuery") {
    products(region: $region, first: $first, after: $after) @connection(key: "market_products") {
      edges {
        node {
          ...market_product
        }
      }
    }
  }
`;

graphql`
  fragment market_product on Product @refetchable(queryName: "marketProductQuery") {
    name
    seller {
      name
    }
    performance(window: LAST_30_DAYS) {
      units
    }
  }
`;
