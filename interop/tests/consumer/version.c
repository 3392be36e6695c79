#include <stdio.h>
#include <winnow.h>

int main(void) {
    char version[32];
    if (winnow_version(version, sizeof version, NULL) != WINNOW_OK) return 1;
    printf("winnow %s\n", version);
    return 0;
}
