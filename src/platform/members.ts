/** Objects without the members that say nothing. Pure. */

type Without<Shape, Nothing> = { [Name in keyof Shape]?: Exclude<Shape[Name], Nothing> };

const without = (shape: object, nothing: unknown): object =>
  Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== nothing));

export const withoutNull = <Shape extends object>(shape: Shape) => without(shape, null) as Without<Shape, null>;

export const withoutUndefined = <Shape extends object>(shape: Shape) =>
  without(shape, undefined) as Without<Shape, undefined>;
