/** Fields first, constant message second; an error goes under `err`. A plugin's logger already carries connector and task. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
