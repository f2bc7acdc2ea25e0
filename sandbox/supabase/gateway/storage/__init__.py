"""`/storage/v1`: buckets and files, as far as the clinic needs them."""
