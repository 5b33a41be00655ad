import { buildProduct } from '../programs/build-product.ts';

/** The suite runs the product as users do. */
export function setup(): void {
  buildProduct();
}
