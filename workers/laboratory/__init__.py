"""Laboratory and radiology: what instruments send and people upload, made safe and filed under its order."""
