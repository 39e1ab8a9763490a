/** The bindings that delivery needs. Its settings come from the same environment through `configOf`. */
export interface DeliveryEnv {
  MEDIA: R2Bucket;
}
