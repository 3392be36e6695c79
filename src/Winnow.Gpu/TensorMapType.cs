namespace Winnow.Gpu;

/// <summary>The type of elements of a <see cref="TensorMapShape"/>; the numbers are the CUDA driver's.</summary>
public enum TensorMapType
{
    /// <summary>Bytes, or anything that is copied as bytes.</summary>
    Byte = 0,

    /// <summary>Whole numbers of 32 bits.</summary>
    Int32 = 3,

    /// <summary>Floats of 16 bits.</summary>
    Float16 = 6,

    /// <summary>Floats of 32 bits.</summary>
    Float32 = 7,

    /// <summary>Floats of 16 bits with the exponent of 32.</summary>
    BFloat16 = 9,
}
