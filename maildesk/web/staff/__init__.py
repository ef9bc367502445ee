"""The pages of staff: each module has its PAGES; what they show is read by `desk.board`.

What an agent does here is the same Plan as his command by mail: it is sent as one (`desk.post`).
"""
