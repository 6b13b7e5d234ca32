"""The measures turned outward: a REST API whose operations are made from the functions pages show."""
