namespace Winnow.Native;

/// <summary>What a handle stands for; the highest byte of its value.</summary>
internal enum HandleKind
{
    None,
    Engine,
    Tokenizer,
    Session,
    Generation,
    Cancel,
    Gpu,
    Kernel,
}
