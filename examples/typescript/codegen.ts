import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: "src/*.ts",
  generates: {
    "src/graphql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false, persistedDocuments: true },
      config: {
        documentMode: "string",
        strictScalars: true,
        scalars: { BigInt: "number", Date: "string", DateTime: "string", Decimal: "string", URL: "string" },
        useTypeImports: true,
        importExtension: ".js",
      },
    },
  },
};

export default config;
