"""Long lists, a page at a time."""


def page_at(at: int, count: int, size: int) -> tuple[int, int]:
    """(page, pages): the page nearest to the one asked for, from 1, and how many there are; an empty list has one."""
    pages = max(1, -(-count // size))
    return min(max(at, 1), pages), pages
