namespace Winnow.Simulator.Execution;

/// <summary>32 lanes: their registers and where they are. All registers lie in one block of native memory, aligned to 64 bytes.</summary>
internal sealed unsafe partial class Warp
{
    /// <summary>The lanes of a warp.</summary>
    public const int Lanes = 32;

    /// <summary>The register file; see <see cref="IRegisterMap"/> for its layout.</summary>
    public byte* Registers;
}
