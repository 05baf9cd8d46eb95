// For tests/targets: gcc's unwinder, as Debian builds it, asks glibc where the tables for unwinding
// are. Here is the answer for a static program with musl, which has but one object.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>

static int tables(struct dl_phdr_info *program, size_t size, void *answer)
{
    struct dl_find_object *found = answer;
    for (int i = 0; i < program->dlpi_phnum; i++)
        if (program->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
            found->dlfo_eh_frame = (void *)(program->dlpi_addr + program->dlpi_phdr[i].p_vaddr);
    return 1;
}

int _dl_find_object(void *address, struct dl_find_object *found)
{
    *found = (struct dl_find_object){0};
    dl_iterate_phdr(tables, found);
    return found->dlfo_eh_frame ? 0 : -1;
}
