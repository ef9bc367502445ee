"""What the pages of staff show: values, read in one transaction a page. They change nothing."""
