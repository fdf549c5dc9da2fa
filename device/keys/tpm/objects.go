package tpm

import (
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"

	"usher/device/keys"
)

var errAnswer = errors.New("the TPM's answer makes no sense")

// root is the storage root key, loaded.
type root struct {
	handle tpm2.TPMHandle
	name   tpm2.TPM2BName
	public tpm2.TPMTPublic
}

func makeRoot(t transport.TPM) (root, error) {
	r, err := tpm2.CreatePrimary{
		PrimaryHandle: tpm2.TPMRHOwner,
		InPublic:      tpm2.New2B(tpm2.ECCSRKTemplate),
	}.Execute(t)
	if err != nil {
		return root{}, fmt.Errorf("make the storage root key: %w", err)
	}
	public, err := r.OutPublic.Contents()
	if err != nil {
		return root{}, fmt.Errorf("%w: %w", errAnswer, err)
	}
	return root{r.ObjectHandle, r.Name, *public}, nil
}

func (r root) auth() tpm2.AuthHandle {
	return tpm2.AuthHandle{Handle: r.handle, Name: r.name, Auth: tpm2.PasswordAuth(nil)}
}

// guarded is a session that encrypts the first parameter on the bus, with a
// salt that only this TPM can read.
func (r root) guarded(way tpm2.AuthOption) tpm2.Session {
	return tpm2.HMAC(tpm2.TPMAlgSHA256, 16, tpm2.Salted(r.handle, r.public), way)
}

func flush(t transport.TPM, h tpm2.TPMHandle) error {
	_, err := tpm2.FlushContext{FlushHandle: h}.Execute(t)
	return err
}

// blob is an object, wrapped by the TPM (TPM2B_PUBLIC, TPM2B_PRIVATE).
type blob struct {
	Public  []byte `json:"public"`
	Private []byte `json:"private"`
}

func wrapped(r *tpm2.CreateResponse) blob {
	return blob{tpm2.Marshal(r.OutPublic), tpm2.Marshal(r.OutPrivate)}
}

// public is the point of a signing key.
func (b blob) public() (p keys.Public, err error) {
	area, err := tpm2.Unmarshal[tpm2.TPM2BPublic](b.Public)
	if err != nil {
		return p, err
	}
	content, err := area.Contents()
	if err != nil {
		return p, err
	}
	point, err := content.Unique.ECC()
	if err != nil {
		return p, err
	}
	if len(point.X.Buffer) > 32 || len(point.Y.Buffer) > 32 {
		return p, errAnswer
	}
	right(p.X[:], point.X.Buffer)
	right(p.Y[:], point.Y.Buffer)
	return p, nil
}

// right copies a number that may lack leading zeros.
func right(to, from []byte) { copy(to[len(to)-len(from):], from) }

// createKey makes a signing key in the TPM.
func (s session) createKey() (blob, error) {
	r, err := tpm2.Create{
		ParentHandle: s.root.auth(),
		InPublic: tpm2.New2B(tpm2.TPMTPublic{
			Type:    tpm2.TPMAlgECC,
			NameAlg: tpm2.TPMAlgSHA256,
			ObjectAttributes: tpm2.TPMAObject{
				FixedTPM: true, FixedParent: true, SensitiveDataOrigin: true,
				UserWithAuth: true, NoDA: true, SignEncrypt: true,
			},
			Parameters: tpm2.NewTPMUPublicParms(tpm2.TPMAlgECC, &tpm2.TPMSECCParms{
				CurveID: tpm2.TPMECCNistP256,
				Scheme: tpm2.TPMTECCScheme{
					Scheme:  tpm2.TPMAlgECDSA,
					Details: tpm2.NewTPMUAsymScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSigSchemeECDSA{HashAlg: tpm2.TPMAlgSHA256}),
				},
			}),
		}),
	}.Execute(s.tpm)
	if err != nil {
		return blob{}, fmt.Errorf("make a signing key: %w", err)
	}
	return wrapped(r), nil
}

// createSecret seals a new secret of 32 bytes.
func (s session) createSecret() (blob, error) {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return blob{}, err
	}
	parent := s.root.auth()
	parent.Auth = s.root.guarded(tpm2.AESEncryption(128, tpm2.EncryptIn))
	r, err := tpm2.Create{
		ParentHandle: parent,
		InSensitive: tpm2.TPM2BSensitiveCreate{Sensitive: &tpm2.TPMSSensitiveCreate{
			Data: tpm2.NewTPMUSensitiveCreate(&tpm2.TPM2BSensitiveData{Buffer: secret}),
		}},
		InPublic: tpm2.New2B(tpm2.TPMTPublic{
			Type:             tpm2.TPMAlgKeyedHash,
			NameAlg:          tpm2.TPMAlgSHA256,
			ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true, UserWithAuth: true, NoDA: true},
		}),
	}.Execute(s.tpm)
	if err != nil {
		return blob{}, fmt.Errorf("seal a secret: %w", err)
	}
	return wrapped(r), nil
}

// load puts an object into the TPM while do runs.
func (s session) load(b blob, do func(tpm2.AuthHandle) error) error {
	public, err1 := tpm2.Unmarshal[tpm2.TPM2BPublic](b.Public)
	private, err2 := tpm2.Unmarshal[tpm2.TPM2BPrivate](b.Private)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("%w: %w", keys.ErrSealed, err)
	}
	r, err := tpm2.Load{ParentHandle: s.root.auth(), InPublic: *public, InPrivate: *private}.Execute(s.tpm)
	if err != nil {
		return fmt.Errorf("load an object: %w", refused(err))
	}
	err = do(tpm2.AuthHandle{Handle: r.ObjectHandle, Name: r.Name, Auth: tpm2.PasswordAuth(nil)})
	return errors.Join(err, flush(s.tpm, r.ObjectHandle))
}

func (s session) unseal(b blob) (secret [32]byte, err error) {
	err = s.load(b, func(h tpm2.AuthHandle) error {
		h.Auth = s.root.guarded(tpm2.AESEncryption(128, tpm2.EncryptOut))
		r, err := tpm2.Unseal{ItemHandle: h}.Execute(s.tpm)
		if err != nil {
			return fmt.Errorf("unseal a secret: %w", err)
		}
		if len(r.OutData.Buffer) != len(secret) {
			return errAnswer
		}
		copy(secret[:], r.OutData.Buffer)
		return nil
	})
	return secret, err
}

func (s session) sign(b blob, sum [32]byte) (sig [64]byte, err error) {
	err = s.load(b, func(h tpm2.AuthHandle) error {
		r, err := tpm2.Sign{
			KeyHandle:  h,
			Digest:     tpm2.TPM2BDigest{Buffer: sum[:]},
			InScheme:   tpm2.TPMTSigScheme{Scheme: tpm2.TPMAlgNull},
			Validation: tpm2.TPMTTKHashCheck{Tag: tpm2.TPMSTHashCheck, Hierarchy: tpm2.TPMRHNull},
		}.Execute(s.tpm)
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		e, err := r.Signature.Signature.ECDSA()
		if err != nil || len(e.SignatureR.Buffer) > 32 || len(e.SignatureS.Buffer) > 32 {
			return errAnswer
		}
		right(sig[:32], e.SignatureR.Buffer)
		right(sig[32:], e.SignatureS.Buffer)
		return nil
	})
	return sig, err
}

// refused marks what a TPM says of an object that is not its own, or is
// damaged. Its warnings (busy, no room) say nothing about the object.
func refused(err error) error {
	var rc tpm2.TPMRC
	if errors.As(err, &rc) && !rc.IsWarning() {
		return fmt.Errorf("%w: %w", keys.ErrSealed, err)
	}
	return err
}
