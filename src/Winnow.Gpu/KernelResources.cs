namespace Winnow.Gpu;

/// <summary>What the assembler gave one kernel, as its cubin says.</summary>
/// <param name="Kernel">The entry point.</param>
/// <param name="Registers">32-bit registers of each thread.</param>
/// <param name="SharedBytes">Shared memory that the kernel declares itself, per block.</param>
/// <param name="LocalBytes">Stack of each thread: spilled registers and arrays that are indexed at run time.</param>
/// <param name="CodeBytes">Machine code.</param>
public sealed record KernelResources(string Kernel, int Registers, int SharedBytes, int LocalBytes, int CodeBytes);
