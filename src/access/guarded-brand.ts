/**
 * Marks what access/ itself has made: nobody else can build a `GuardedStore` or a `GuardedFeed`, because nobody else may import
 * this file (a test looks).
 */
export const guarded: unique symbol = Symbol('guarded');
