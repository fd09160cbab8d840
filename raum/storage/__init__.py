"""What is kept: the tables, the SQL, the migrations."""
