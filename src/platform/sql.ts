/** SQL for D1 with its values in place: sql`SELECT * FROM jobs WHERE id = ${id}`.on(db). */

/** Made by `sql`; by itself only of text that is put together from constants, such as lists of columns. */
export class Sql {
  readonly text: string;
  readonly values: readonly (string | number | null)[];

  constructor(text: string, values: Sql['values'] = []) {
    this.text = text;
    this.values = values;
  }

  on(db: D1Database): D1PreparedStatement {
    return db.prepare(this.text).bind(...this.values);
  }
}

/** Values become parameters, never text; a part that is `sql` itself is put in with its own parameters. */
export const sql = (texts: TemplateStringsArray, ...parts: (Sql | string | number | null)[]): Sql =>
  new Sql(
    String.raw({ raw: texts }, ...parts.map((part) => (part instanceof Sql ? part.text : '?'))),
    parts.flatMap((part) => (part instanceof Sql ? part.values : part)),
  );

/** The members of `row` are its columns: names in code, never from outside. */
export const insertRow = (table: string, row: Readonly<Record<string, string | number | null>>): Sql =>
  new Sql(
    `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row).fill('?').join(', ')})`,
    Object.values(row),
  );

/** One after the other, with `between` between them. */
export const joined = (parts: readonly Sql[], between = ''): Sql =>
  new Sql(
    parts.map(({ text }) => text).join(between),
    parts.flatMap(({ values }) => values),
  );
