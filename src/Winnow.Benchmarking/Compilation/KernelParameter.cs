namespace Winnow.Benchmarking.Compilation;

/// <summary>A parameter of a compiled kernel.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Kind">Its PTX type: <c>u64</c> for an address, <c>f32</c>, <c>u32</c>, <c>b8</c> for a struct, ...</param>
public sealed record KernelParameter(int Bytes, string Kind)
{
    /// <summary>Whether it is a float of 32 or 64 bits.</summary>
    public bool IsFloat => Kind[0] == 'f';

    /// <summary>Whether it is a struct, which a description cannot make; 16-bit floats are structs of 2 bytes.</summary>
    public bool IsStruct => Kind == "b8";
}
