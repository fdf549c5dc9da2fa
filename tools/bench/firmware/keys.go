package main

// makeKeys makes the signer of RAUC's bundles and SWUpdate's files.
func (s *stage) makeKeys() error {
	return s.shell(`openssl ecparam -name prime256v1 -genkey -noout -out ca.key
openssl req -x509 -new -key ca.key -subj "/CN=bench root" -days 30 -out ca.pem
openssl ecparam -name prime256v1 -genkey -noout -out signer.key
printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,codeSigning,emailProtection\n' > signer.ext
openssl req -new -key signer.key -subj "/CN=bench signer" | openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile signer.ext -out signer.pem`)
}
