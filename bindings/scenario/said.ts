/** An object's fields without those that are undefined. */
export type Said<Fields> = { [Field in keyof Fields]?: Exclude<Fields[Field], undefined> };

/** `fields` without those that are undefined: options that are left out take their default. */
export function said<Fields extends object>(fields: Fields): Said<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Said<Fields>;
}
