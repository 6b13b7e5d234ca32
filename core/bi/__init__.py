"""What BI tools read: published tables as an OData feed, files, and views of a PostgreSQL database."""
