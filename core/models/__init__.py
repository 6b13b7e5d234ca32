"""Models: close, churn, forecast and the outlook built on them."""
