namespace Winnow.Gpu;

/// <summary>What a kernel needs of a multiprocessor.</summary>
/// <param name="Registers">32-bit registers of each thread.</param>
/// <param name="SharedBytes">Shared memory that the kernel declares itself.</param>
/// <param name="LocalBytes">Local memory of each thread; more than 0 means spilled registers or indexed arrays.</param>
/// <param name="MaxThreadsPerBlock">The most threads that a block of it may have.</param>
public readonly record struct GpuFunctionAttributes(int Registers, int SharedBytes, int LocalBytes, int MaxThreadsPerBlock);
