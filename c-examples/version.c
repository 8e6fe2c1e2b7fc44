/* The version a program was compiled against, and the one it runs with. */
#include <etcd.h>
#include <stdio.h>

int main(void)
{
    printf("header  %d.%d.%d\n", ETCD_VERSION_MAJOR, ETCD_VERSION_MINOR, ETCD_VERSION_PATCH);
    printf("library %s\n", etcd_version_string());
    /* Any library that is not older than the header will do. */
    return etcd_version_number() < ETCD_VERSION_NUMBER;
}
