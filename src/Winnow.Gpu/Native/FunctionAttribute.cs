namespace Winnow.Gpu.Native;

/// <summary>CUfunction_attribute, as far as it is asked for.</summary>
internal enum FunctionAttribute
{
    MaxThreadsPerBlock = 0,
    SharedSizeBytes = 1,
    LocalSizeBytes = 3,
    RegisterCount = 4,
    MaxDynamicSharedSizeBytes = 8,
    NonPortableClusterSizeAllowed = 14,
}
