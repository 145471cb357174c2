/** All orders of 0 … count−1. */
export function allOrders(count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  return allOrders(count - 1).flatMap((shorter) =>
    Array.from({ length: count }, (_, position) => shorter.toSpliced(position, 0, count - 1)),
  );
}
