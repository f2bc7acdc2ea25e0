"""Laboratory and radiology orders at SatuSehat: what was asked, taken, found and concluded."""
