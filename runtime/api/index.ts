/** The only door for plugin authors. Read `connector.ts` and `config-def.ts` first. */
export * from "./config-def.ts";
export * from "./connector.ts";
export * from "./converter.ts";
export * from "./errors.ts";
export * from "./logger.ts";
export * from "./parse-config.ts";
export * from "./password.ts";
export * from "./record.ts";
export * from "./schema.ts";
export * from "./schema-builder.ts";
export * from "./struct.ts";
export * from "./transformation.ts";
export * from "./validators.ts";
export * from "./values.ts";
