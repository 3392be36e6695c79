namespace Winnow.Kernels.Linear;

/// <content>Inputs that come rounded as products round them, and outputs that go to other products so.</content>
internal sealed partial class CudaLinear
{
    /// <inheritdoc/>
    public DType InputType(Tensor weight, int rows)
    {
        bool isForHopper = _hopperTile != 0 && rows >= LeastHopperRows && weight.Type is DType.F16 or DType.BF16;
        return isForHopper && IsAligned(weight) && weight.Shape[1] % LineInputs == 0 ? weight.Type : DType.F32;
    }

    private static CudaLinearForm FormOf(DType type) => type == DType.BF16 ? CudaLinearForm.BrainFloats : CudaLinearForm.Halves;

    // Only the kernel of 16-bit weights for Hopper rounds what it writes.
    private bool CanRound(Tensor input, Tensor gate, Tensor up) =>
        gate.Type == up.Type && up.Type is DType.F16 or DType.BF16 && IsForHopper(Start(input), up.Type, IsReadAligned(input, up) && IsAligned(gate));

    private static bool IsReadAligned(Tensor input, Tensor weight) => (input.Type != DType.F32 || IsAligned(input, weight.Type)) && IsAligned(weight);

    private void ProjectGated(nint output, DType outputType, Tensor input, Tensor gate, Tensor up, Activation activation)
    {
        CudaLinearPacked packed = new() { IsInput = input.Type != DType.F32 };
        CudaLinearParams parameters = Start(input);
        bool aligned = IsReadAligned(input, up);
        if (gate.Type == up.Type && up.Type != DType.F32)
        {
            parameters.Count = 2;
            parameters.Parts[0] = Part(output, gate);
            parameters.Parts[1] = Part(output, up);
            Launch(ref parameters, ref packed, up.Type, aligned && IsAligned(gate), CudaGate.Fused, activation, outputType);
            return;
        }

        nint stored = _gate.Get(input.Shape[0] * up.Shape[0] * sizeof(float));
        parameters.Count = 1;
        parameters.Parts[0] = Part(stored, gate);
        Launch(ref parameters, ref packed, gate.Type, IsReadAligned(input, gate), CudaGate.None, default);

        parameters = Start(input);
        parameters.Count = 1;
        parameters.Gate = stored;
        parameters.Parts[0] = Part(output, up);
        Launch(ref parameters, ref packed, up.Type, aligned, CudaGate.Stored, activation);
    }

    private void Round(Tensor output, nint floats)
    {
        int columns = checked((int)output.Shape[1]);
        LaunchPack(FormOf(output.Type), output.Address, floats, checked((int)output.Shape[0]), columns, columns);
    }
}
