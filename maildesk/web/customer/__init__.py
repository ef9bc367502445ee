"""The pages of customers: each module has its PAGES; what they show is read by `desk.portal`."""
